import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, from the sources as well as from what is built of them. */
function rootOf(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : rootOf(dirname(folder));
}

const root = rootOf(dirname(fileURLToPath(import.meta.url)));

export const PHOTO = join(root, 'examples/assets/coffee.png');
export const asset = (name: string): string => join(root, 'test/programs/assets', name);
