// Sessions of one test file, ended after each test.
import { afterEach } from 'vitest';
import { TestSession, type TestSessionOptions } from '../kit/index.ts';

const open: TestSession[] = [];

/** A session that ends with the test; ending it checks that nothing was left behind. */
export function start(options?: TestSessionOptions): TestSession {
  const session = new TestSession(options);
  open.push(session);
  return session;
}

afterEach(async () => {
  for (const session of open.splice(0)) if (!session.ended) await session.end();
});
