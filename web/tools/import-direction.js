// A lint rule: which folder of src may import which. The message says where the thing belongs instead.
import path from "node:path";

/** Lowest first: a folder imports itself and those before it. */
const LAYERS = ["lib", "api", "ui", "realtime", "features", "app"];

function placeOf(file, src) {
  const [layer, feature] = path.relative(src, file).split(path.sep);
  return { layer, feature };
}

/** @type {import("eslint").Rule.RuleModule} */
export const importDirection = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      upward:
        "src/{{from}} may not import src/{{to}}: the direction is app → features → realtime → ui → api → lib. Move the shared part down, or pass it in.",
      sibling: "A feature imports another only through its index: import from \"@/features/{{feature}}\".",
    },
  },
  create(context) {
    const file = context.filename;
    const at = file.lastIndexOf(`${path.sep}src${path.sep}`);
    if (at < 0) return {};
    const src = file.slice(0, at + 4);
    const from = placeOf(file, src);
    const check = (node, specifier) => {
      if (typeof specifier !== "string") return;
      const target = specifier.startsWith("@/")
        ? path.join(src, specifier.slice(2))
        : specifier.startsWith(".")
          ? path.resolve(path.dirname(file), specifier)
          : undefined;
      if (target === undefined) return;
      const to = placeOf(target, src);
      const [low, high] = [LAYERS.indexOf(to.layer), LAYERS.indexOf(from.layer)];
      if (low > high && high >= 0) {
        context.report({ node, messageId: "upward", data: { from: from.layer, to: to.layer } });
      } else if (
        to.layer === "features" &&
        !(from.layer === "features" && from.feature === to.feature) &&
        path.relative(src, target).split(path.sep).length > 2
      ) {
        context.report({ node, messageId: "sibling", data: { feature: to.feature } });
      }
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => check(node, node.source.value),
    };
  },
};
