// Writes src/api/schema.gen.ts from openapi.json; with --check it writes nothing and fails when the file is not up to date.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../openapi.json", import.meta.url);
const target = new URL("../src/api/schema.gen.ts", import.meta.url);

const ast = await openapiTS(source, { alphabetize: true, defaultNonNullable: true });
const text = `// Generated from openapi.json by \`npm run types\`. Do not edit.\n\n${astToString(ast)}`;

if (process.argv.includes("--check")) {
  const present = await readFile(target, "utf8").catch(() => "");
  if (present !== text) {
    console.error("src/api/schema.gen.ts does not match openapi.json. Run `npm run types` in web/ and commit the result.");
    process.exit(1);
  }
} else {
  await writeFile(target, text);
  console.log("src/api/schema.gen.ts written");
}
