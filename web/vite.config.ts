import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where the development server finds the backend. */
const backend = process.env.SIDELINE_BACKEND ?? "http://127.0.0.1:8400";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fromHere("./src") } },
  build: {
    outDir: fromHere("../src/sideline/web_dist"),
    emptyOutDir: true,
    // A strict content security policy forbids data: fonts and scripts; small files stay files.
    assetsInlineLimit: 0,
    target: "es2022",
    chunkSizeWarningLimit: 700,
  },
  server: {
    port: 5173,
    proxy: { "/api": { target: backend, ws: true, changeOrigin: false } },
  },
  test: {
    environment: "jsdom",
    setupFiles: [fromHere("./src/test/setup.ts")],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    testTimeout: 20_000,
    // Two cores are shared by everything that `make check` starts.
    maxWorkers: 2,
  },
});
