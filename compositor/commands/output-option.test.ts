import { describe, expect, it } from 'vitest';
import { collectOutputs, parseOutput } from './output-option.ts';

describe('--output', () => {
  it('takes size, rate and name', () => {
    expect(parseOutput('1280x720@75,Left')).toEqual({
      name: 'Left',
      width: 1280,
      height: 720,
      refresh: 75_000,
    });
    expect(parseOutput('640x480@59.94').refresh).toBe(59_940);
  });

  it('takes a scale, in the steps that clients are told of', () => {
    expect(parseOutput('1920x1080@60*1.5,Fine')).toEqual({
      name: 'Fine',
      width: 1920,
      height: 1080,
      refresh: 60_000,
      scale: 1.5,
    });
    expect(parseOutput('640x480*1.3333').scale! * 120).toBeCloseTo(160);
    expect(parseOutput('640x480').scale).toBeUndefined();
  });

  it('numbers outputs without a name', () => {
    const outputs = collectOutputs('800x600', collectOutputs('640x480'));
    expect(outputs.map(output => output.name)).toEqual(['Virtual-1', 'Virtual-2']);
  });

  it.each([
    ['1280', /expected WIDTHxHEIGHT/],
    ['1280x720@', /expected WIDTHxHEIGHT/],
    ['8x720', /16 to 8192 pixels, not 8/],
    ['1280x9999', /16 to 8192 pixels, not 9999/],
    ['1280x720@0.5', /1 to 500 Hz/],
    ['1280x720*0', /0.5 to 4, not 0/],
    ['1280x720*9', /0.5 to 4, not 9/],
    ['1280x720,a b', /expected WIDTHxHEIGHT/],
  ])('refuses %s in words', (text, words) => {
    expect(() => parseOutput(text)).toThrow(words);
  });

  it('refuses two of one name', () => {
    expect(() => collectOutputs('1x1,A', collectOutputs('640x480,A'))).toThrow();
    expect(() => collectOutputs('640x480,A', collectOutputs('640x480,A'))).toThrow(/two outputs named A/);
  });
});
