import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['{extension,server,runtime,scripts}/**/*.test.ts'], pool: 'threads' } },
      { test: { name: 'integration', include: ['test/**/*.test.ts'], exclude: ['test/editor/**'], pool: 'forks', maxWorkers: 2, testTimeout: 60_000, hookTimeout: 300_000 } },
    ],
  },
});
