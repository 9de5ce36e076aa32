// The page's files, read when first asked for: the build's modules as they are, no bundle.
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Names as they are in the build; everything else, dots that climb included, is not there. */
const FILE = /^\/(page|stream)\/[a-z0-9-]+\.(js|css|svg)$/;

export class Assets {
  readonly #directory: string;
  readonly #read = new Map<string, Asset>();

  /** `directory` is `dist/viewer`. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  get page(): Asset | null {
    return this.#file('/page/index.html');
  }

  /** The file of a path such as `/page/main.js`; null when there is none. */
  find(path: string): Asset | null {
    return FILE.test(path) ? this.#file(path) : null;
  }

  #file(path: string): Asset | null {
    const known = this.#read.get(path);
    if (known) return known;
    try {
      const asset = { type: TYPES[extname(path)]!, body: readFileSync(join(this.#directory, path)) };
      this.#read.set(path, asset);
      return asset;
    } catch {
      return null;
    }
  }
}
