import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import globals from "globals";
import tseslint from "typescript-eslint";
import { importDirection } from "./tools/import-direction.js";

export default tseslint.config(
  { ignores: ["src/api/schema.gen.ts", "node_modules", "public"] },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": reactHooks, "jsx-a11y": jsxA11y, sideline: { rules: { "import-direction": importDirection } } },
    languageOptions: { globals: globals.browser },
    rules: {
      // Those for the React Compiler, which is not used here, are left out.
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      ...jsxA11y.flatConfigs.recommended.rules,
      // The first field of a dialog or of the sign-in is where people begin.
      "jsx-a11y/no-autofocus": "off",
      "sideline/import-direction": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  { files: ["tools/**", "*.{js,ts,mjs}"], languageOptions: { globals: globals.node } },
);
