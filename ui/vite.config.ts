// How the window is built: one page, hashed assets, nothing from elsewhere.
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [svelte()],
  // Relative, so that the same files stand under the server's path and in the desktop program.
  base: './',
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What every screen is made of comes in one file; many small ones pack worse.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: 'parts', test: /src\/(parts|shell|words)\/|node_modules\/(svelte|@lucide)\// }],
        },
      },
    },
  },
  server: { port: 5173, strictPort: true },
  test: { include: ['src/**/*.test.ts'] },
})
