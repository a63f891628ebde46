import js from "@eslint/js";
import globals from "globals";

const sources = "metalib/course/**/*.js";

export default [
  { ignores: ["**/built/**", "**/node_modules/**", "**/.venv*/**"] },
  js.configs.recommended,
  { files: [sources], languageOptions: { globals: globals.browser } },
  { files: ["tests/**/*.js"], languageOptions: { globals: globals.node } },
  {
    files: [sources, "tests/**/*.js"],
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error", "no-shadow": "error" },
  },
];
