import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{protocol,compositor,client-sdk,examples,viewer,test}/**/*.test.ts'],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
});
