// What page and server tell each other besides pictures: JSON in text messages of the WebSocket.
import type { Rect } from './frame.ts';

/** Of the WebSocket; the ticket from `POST /session` is the second one offered. */
export const SUBPROTOCOL = 'fencepost.viewer.v1';
/** Where the page exchanges the token of its address for a ticket. */
export const SESSION_PATH = '/session';
export const STREAM_PATH = '/stream';

export interface OutputMessage {
  /** In frames and in input; never used again for another output. */
  readonly id: number;
  readonly name: string;
  readonly description: string;
  /** Place in the global space, logical pixels. */
  readonly x: number;
  readonly y: number;
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
  /** Millihertz. */
  readonly refresh: number;
  readonly scale: number;
}

export interface PlaneMessage {
  readonly output: string;
  readonly plane: number;
  readonly type: 'primary' | 'overlay' | 'cursor';
  readonly content: 'off' | 'composition' | 'surface' | 'cursor';
  readonly label: string;
  readonly buffer: string;
  readonly window: number;
  /** Device pixels of the output. */
  readonly rect: Rect;
}

export interface SurfaceMessage {
  readonly output: string;
  readonly label: string;
  readonly window: number;
  /** The plane that shows it; 0 when it is composed. */
  readonly plane: number;
  /** Why it is where it is. */
  readonly reason: string;
}

export interface WindowMessage {
  readonly id: number;
  readonly title: string;
  readonly appId: string;
  readonly client: string;
  readonly output: string;
  readonly rect: Rect;
  readonly states: readonly string[];
}

export interface CountsMessage {
  readonly output: string;
  readonly state: string;
  readonly frames: number;
  readonly composited: number;
  readonly scannedOut: number;
  readonly missed: number;
}

/** What the compositor has and does, at one moment. */
export interface Snapshot {
  readonly counts: readonly CountsMessage[];
  readonly planes: readonly PlaneMessage[];
  readonly surfaces: readonly SurfaceMessage[];
  readonly windows: readonly WindowMessage[];
}

/** UTF-16 units of text that page and server give each other for the clipboard. */
export const MOST_CLIPBOARD = 128 * 1024;

/** Text on the clipboard: what a program has copied, or what the person has. */
export interface ClipboardMessage {
  readonly type: 'clipboard';
  readonly text: string;
}

/** What a connection can do, so that the page offers nothing else. */
export interface Abilities {
  readonly pointer: boolean;
  readonly keyboard: boolean;
  readonly touch: boolean;
  readonly clipboard: boolean;
  readonly observation: boolean;
  readonly control: boolean;
}

export interface ClockMessage {
  readonly type: 'clock';
  readonly kind: 'real' | 'virtual';
  readonly frozen: boolean;
  /** Virtual seconds per second. */
  readonly speed: number;
}

export type ServerMessage =
  | { readonly type: 'hello'; readonly abilities: Abilities }
  | { readonly type: 'outputs'; readonly outputs: readonly OutputMessage[] }
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | ClockMessage
  | ClipboardMessage
  | { readonly type: 'stepped'; readonly output: string };

/** Input has a number `n` of the page's choice that grows; frames tell the last one that came before them. */
export type InputMessage =
  /** A place on an output, in its device pixels. */
  | {
      readonly type: 'motion';
      readonly n: number;
      readonly output: number;
      readonly x: number;
      readonly y: number;
    }
  /** BTN_* of linux/input-event-codes.h. */
  | { readonly type: 'button'; readonly n: number; readonly code: number; readonly pressed: boolean }
  /** Logical pixels, and whole steps of a wheel; a `finger` that is lifted sends 0 and 0. */
  | {
      readonly type: 'wheel';
      readonly n: number;
      readonly source: 'wheel' | 'finger';
      readonly x: number;
      readonly y: number;
      readonly stepsX: number;
      readonly stepsY: number;
    }
  /** KEY_* of linux/input-event-codes.h. */
  | { readonly type: 'key'; readonly n: number; readonly code: number; readonly pressed: boolean }
  | {
      readonly type: 'touch';
      readonly n: number;
      readonly phase: 'down' | 'motion' | 'up' | 'cancel';
      readonly id: number;
      readonly output: number;
      readonly x: number;
      readonly y: number;
    }
  /** Characters that no key gave: from a phone's keyboard, or another way of writing. */
  | { readonly type: 'text'; readonly n: number; readonly text: string }
  /** Whatever this page holds down is let go: it lost the focus. */
  | { readonly type: 'release' };

export type ControlMessage =
  | { readonly type: 'control'; readonly action: 'freeze' | 'resume' }
  | { readonly type: 'control'; readonly action: 'step'; readonly output: string | null }
  | { readonly type: 'control'; readonly action: 'speed'; readonly speed: number }
  | {
      readonly type: 'control';
      readonly action: 'close' | 'activate';
      readonly window: number;
    };

export type PageMessage =
  /** A frame was painted; more may come. */
  | { readonly type: 'ack'; readonly output: number; readonly sequence: number }
  /** Pictures are wanted (a visible page that is not frozen), and what the side panel shows. */
  | { readonly type: 'watch'; readonly pictures: boolean; readonly snapshots: boolean }
  | InputMessage
  | ClipboardMessage
  | ControlMessage;
