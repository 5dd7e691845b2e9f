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
    cssCodeSplit: false,
    // Two files rather than many small ones, which pack worse: the shell with its parts, and the screens.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'parts',
              priority: 1,
              test: /src\/(parts|shell|words)\/|node_modules\/(svelte|@lucide)\//,
            },
            { name: 'screens', test: /src\/screens\/[A-Z]/ },
          ],
        },
      },
    },
  },
  server: { port: 5173, strictPort: true },
  test: { include: ['src/**/*.test.ts'], css: true },
})
