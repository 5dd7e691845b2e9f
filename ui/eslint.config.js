// The rules of the window's sources.
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'

const parts = {
  group: ['@lucide/svelte', '@lucide/svelte/*', 'd3-hierarchy'],
  message: 'Only parts/ may know it.',
}
const tauri = { group: ['@tauri-apps/*'], message: 'Only host/ may know it.' }
const only = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] })

export default ts.config(
  { ignores: ['dist', 'dist-mock', 'src/gen'] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: globals.browser } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  { rules: only(parts, tauri) },
  { files: ['src/parts/**'], rules: only(tauri) },
  { files: ['src/host/**'], rules: only(parts) },
)
