import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../machine/random.ts';
import { ScriptRunner } from './runner.ts';
import { ScriptError } from './tokens.ts';
import { HELP } from './usage.ts';

const size = { width: 640, height: 480 };

/** What a script prints. */
function run(script: string, outputs = [size]): string[] {
  const lines: string[] = [];
  const runner = new ScriptRunner({ outputs, print: line => lines.push(line) });
  try {
    runner.run(script);
  } finally {
    runner[Symbol.dispose]();
  }
  return lines;
}

/** What the last call of a script answered. */
const answer = (script: string): string => run(script).at(-1)!.trim();

const examples = new URL('../../../examples/kernel/', import.meta.url);

describe('the examples', () => {
  it.each(readdirSync(examples))('%s does what it says', name => {
    const outputs = name.startsWith('lease') ? [size, size] : [{ width: 1920, height: 1080 }];
    const lines = run(readFileSync(new URL(name, examples), 'utf8'), outputs);
    expect(lines.filter(line => line.includes('expect')).length).toBeGreaterThan(0);
  });
});

describe('the manual', () => {
  const page = readFileSync(new URL('../../../docs/kernel.md', import.meta.url), 'utf8');
  const scripts = [...page.matchAll(/```kernel\n([\s\S]*?)```/g)].map(([, script]) => script!);

  it('has a script', () => expect(scripts.length).toBeGreaterThan(0));
  it.each([...scripts, HELP.slice(HELP.indexOf('  # '), HELP.indexOf('Calls:'))])('runs: %s', script => {
    expect(run(script).length).toBeGreaterThan(5);
  });
});

describe('answers', () => {
  it('say what was returned, and what was written back', () => {
    expect(answer('gpu = open /dev/dri/renderD128\nioctl $gpu DRM_IOCTL_SYNCOBJ_CREATE {}')).toBe(
      '= 0 { handle: 1 }',
    );
  });

  it('of calls that fail name the errno, its meaning, and what was wrong', () => {
    expect(answer('open /dev/nothing')).toMatch(
      /^= -1 ENOENT \(no such file or directory\): there is no \/dev\/nothing/,
    );
    expect(answer('close 7')).toMatch(/^= -1 EBADF \(bad file descriptor\)/);
  });

  it('follow the source of their call, with its line', () => {
    expect(run('# nothing\n\neventfd 3')[0]).toBe('   3  eventfd 3');
  });

  it('are values for later calls', () => {
    const script = `
      e = eventfd 5
      got = read $e 8
      print $got.data
      print [$got, 1 << 4 | 3 * 2 + 1, 2K, 1ms]`;
    expect(run(script).filter(line => line.startsWith('      '))).toEqual([
      '      = 0',
      '      = 8 { data: <05 00 00 00 00 00 00 00> }',
      '      <05 00 00 00 00 00 00 00>',
      '      [8, 23, 2048, 0xf4240]',
    ]);
  });

  it('can be read as structs, and structs as bytes', () => {
    expect(answer('print drm_event { type: 2, length: 8 }')).toBe('<02 00 00 00 08 00 00 00>');
    expect(answer('e = eventfd 7\ngot = read $e 8\nprint drm_event $got.data')).toBe(
      '{ type: 7, length: 0 }',
    );
    expect(() => run('print drm_event_vblank "short"')).toThrow(/line 1/);
    expect(() => run('e = eventfd 7\ngot = read $e 8\nprint drm_event_vblank $got.data')).toThrow(/line 3/);
  });

  it('tell how long a call slept', () => {
    const script = `gpu = open /dev/dri/renderD128
      line = ioctl $gpu DRM_IOCTL_SYNCOBJ_CREATE {}
      ioctl $gpu DRM_IOCTL_SYNCOBJ_WAIT {
        handles: [$line.handle], timeout_nsec: 3s, flags: DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT
      }`;
    // The clock begins at one second, and time-outs are absolute.
    expect(answer(script)).toMatch(/^= -1 ETIME .* after 2 s$/);
  });

  it('of a call that nothing wakes come from an interrupt', () => {
    const lines = run('e = eventfd 0\nread $e 8');
    expect(lines.at(-2)).toMatch(/nothing will wake it, so it is interrupted/);
    expect(lines.at(-1)).toMatch(/= -1 EINTR/);
  });
});

describe('calls in the background', () => {
  it('are waited for by name', () => {
    const script = 'e = eventfd 0\nr = read $e 8 &\nwrite $e [1, 0, 0, 0, 0, 0, 0, 0]\nwait r';
    expect(answer(script)).toBe('= 8 { data: <01 00 00 00 00 00 00 00> }');
  });

  it('begin anew after a signal that allows it', () => {
    const script =
      'e = eventfd 0\nr = read $e 8 &\ninterrupt r restart\nwrite $e [1, 0, 0, 0, 0, 0, 0, 0]\nwait r';
    expect(answer(script)).toMatch(/^= 8/);
  });

  it('can be interrupted', () => {
    expect(answer('e = eventfd 0\nr = read $e 8 &\ninterrupt r\nwait r')).toMatch(/EINTR/);
  });
});

describe('processes', () => {
  it('have rights and tables of their own', () => {
    expect(answer('process guest\nopen /dev/dri/card0')).toMatch(/EACCES/);
    expect(answer('process debugger root\nopen /sys/kernel/debug/sync/sw_sync')).toBe('= 0');
    expect(answer('e = eventfd 1\nprocess other\nread $e 8')).toMatch(/EBADF/);
  });

  it('send each other descriptors, and end', () => {
    const script = 'process two\nprocess one\ne = eventfd 9\nf = send $e two\nexit\nprocess two\nread $f 8';
    expect(answer(script)).toBe('= 8 { data: <09 00 00 00 00 00 00 00> }');
  });
});

describe('what is wrong with a script is said with its line', () => {
  it.each([
    ['opne /dev/udmabuf', 'line 1: there is no call opne; did you mean open?'],
    ['\n\nclose $fd', 'line 3: a descriptor: there is no $fd'],
    ['fd = eventfd\nclose $ff', 'line 2: a descriptor: there is no $ff; did you mean fd?'],
    ['ioctl 0 UDMABUF_CREAT {}', 'line 1: there is no ioctl UDMABUF_CREAT; did you mean UDMABUF_CREATE?'],
    [
      'ioctl 0 UDMABUF_CREATE { memfd: 3, length: 4 }',
      'line 1: udmabuf_create has no field length; it has memfd, flags, offset, size',
    ],
    [
      'ioctl 0 UDMABUF_CREATE { memfd: [3] }',
      'line 1: udmabuf_create.memfd: a number is expected, not a list',
    ],
    ['poll 0 POLLINN', 'line 1: there is no constant POLLINN; did you mean POLLIN'],
    ['ioctl 0 UDMABUF_CREATE {\n memfd: 3', 'line 1: a bracket that is opened here is never closed'],
    ['close', 'line 1: a descriptor is missing'],
    ['close 3 4', "line 1: '4' is too much"],
    ['eventfd 1\nexpect 1', 'line 2: the last call returned 0, not 1'],
    ['close 3\nexpect 0', 'line 2: the last call returned EBADF, not 0'],
    ['print ~', "line 1: '~' is not understood"],
    ['print [1; 100000]', 'line 1: a list has at most 65536 items'],
    ['x = eventfd\nprint $x.count', 'line 2: $x has no field count'],
    ['wait nobody', 'line 1: no call in the background is named nobody'],
    ['read 0 8 &', 'line 1: a call in the background needs a name: NAME = CALL ... &'],
    ['process other king', "line 1: 'seat' or 'root' is expected, not 'king'"],
    ['pread 0 0x1000000000000000 0', 'line 1: '],
    ['exit\neventfd', 'line 2: process script has exited; go on as another one'],
  ])('%j', (script, words) => {
    expect(() => run(script)).toThrow(words);
  });
});

describe('whatever is written', () => {
  const words = [
    ...'open close ioctl eventfd read write mmap peek poke process send advance wait interrupt print expect fcntl atomic'.split(
      ' ',
    ),
    ...'$a $b a b = = & { } [ ] : , ; | + * << - . 0 1 8 4096 16ms 0xffffffffffffffff "text" /dev/udmabuf'.split(
      ' ',
    ),
    ...'/dev/dri/card0 UDMABUF_CREATE DRM_IOCTL_SYNCOBJ_CREATE DRM_IOCTL_MODE_ATOMIC memfd size POLLIN drm_event'.split(
      ' ',
    ),
    ...['\n', '\n', '\n', '\n'],
  ];

  it('runs, or is refused with a line', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 120; round++) {
      const script = Array.from({ length: 24 }, () => words[Math.floor(random() * words.length)]).join(' ');
      try {
        run(script);
      } catch (error) {
        expect(error, script).toBeInstanceOf(ScriptError);
        expect((error as Error).message).toMatch(/^line \d+: /);
      }
    }
  });

  it('in the place of an argument is taken or refused', () => {
    const random = seededRandom(11);
    const arguments_ = [
      '0',
      '1',
      '-1',
      '8',
      '$a',
      '"x"',
      '[1, 2]',
      '{ size: 1 }',
      '[0; 9]',
      'POLLIN',
      '0xffffffffffffffff',
      '',
    ];
    const pick = () => arguments_[Math.floor(random() * arguments_.length)];
    const names =
      'close dup read write pread pwrite poll mmap munmap peek poke fstat ftruncate fcntl eventfd properties atomic'.split(
        ' ',
      );
    for (let round = 0; round < 255; round++) {
      const name = names[round % names.length];
      const script = `a = eventfd 5\n${name} ${pick()} ${pick()} ${pick()}`;
      try {
        run(script);
      } catch (error) {
        expect(error, script).toBeInstanceOf(ScriptError);
      }
    }
  });
});
