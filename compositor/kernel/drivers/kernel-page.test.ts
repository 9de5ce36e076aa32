import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import * as simgpu from '../../../protocol/uapi/simgpu.ts';
import * as simkms from '../../../protocol/uapi/simkms.ts';
import { simkms_histogram_record as record } from '../../../protocol/uapi/simkms.ts';
import { DEFAULT_DEVICE_SPEED } from '../engine/cost.ts';

const page = readFileSync(new URL('../../../docs/kernel.md', import.meta.url), 'utf8');
const source = readFileSync(new URL('../../../protocol/uapi/simkms.ts', import.meta.url), 'utf8');
const kernel = new URL('../index.ts', import.meta.url).pathname;

describe('docs/kernel.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fencepost-page-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => void vi.restoreAllMocks());

  const programs = [...page.matchAll(/```ts\n([\s\S]*?)```\n\nprints\n\n```text\n([\s\S]*?)```/g)];

  it('has programs, and says of each what it prints', () => {
    expect(programs).toHaveLength(page.match(/```ts/g)!.length);
    expect(programs.length).toBeGreaterThan(1);
  });

  it.each(programs.map(([, code, output], at) => [at, code!, output!]))(
    'has a program %i that runs and prints what it says',
    async (at, code, output) => {
      const file = join(folder, `program-${at}.mjs`);
      writeFileSync(file, code.replace("'fencepost/kernel'", JSON.stringify(kernel)));
      const printed: string[] = [];
      vi.spyOn(console, 'log').mockImplementation((...values) => void printed.push(format(...values)));
      await import(file);
      expect(printed).toEqual(output.trimEnd().split('\n'));
    },
  );

  it('and the comments of the UAPI both name everything of the histogram', () => {
    const names = Object.keys(simkms);
    expect(names.length).toBeGreaterThan(12);
    const properties = Object.values(simkms).filter(value => typeof value === 'string');
    expect(properties).toHaveLength(4);
    for (const name of [...names, ...properties]) expect(page, name).toContain(name);
    for (const name of names) {
      const at = source.search(new RegExp(`export const ${name}\\b`));
      const before = source.slice(0, at).trimEnd().split('\n').at(-1)!;
      expect(before.endsWith('*/') || source.split(`{@link ${name}}`).length > 1, `${name}: a comment`).toBe(
        true,
      );
    }
  });

  it('names every field of a record at its offset', () => {
    for (const field of Object.keys(record.fields)) expect(page, field).toContain(field);
    for (const [, offset, field] of page.matchAll(/^\| (\d+) \| u(?:32|64) `(\w+)/gm))
      expect(record.offsets[field as keyof typeof record.offsets], field).toBe(Number(offset));
  });

  it('gives the numbers of the cost model and the limits as they are', () => {
    const number = (value: number): string => value.toLocaleString('en');
    expect(page).toContain(`${number(DEFAULT_DEVICE_SPEED.setupNanoseconds)} ns`);
    expect(page).toContain(`${number(DEFAULT_DEVICE_SPEED.bytesPerMicrosecond)} bytes a microsecond`);
    expect(page).toContain(`${number(simgpu.SIMGPU_SUBMIT_MAX_COMMANDS)} commands`);
  });
});
