/** A text that a visitor means to post once. Each is unique in its story. */
export interface Text {
  readonly content: string;
  readonly tab: number;
  /** When it was written, on the wall clock of this program. */
  readonly at: number;
  /** When it was posted first. */
  pressedAt: number | undefined;
  /** Whose it is; `either` where the identity had changed under the page. */
  owner: 'A' | 'B' | 'either';
  /** `written`, then `pressed`, then `taken`: the field was emptied or the post shown. */
  stage: 'written' | 'pressed' | 'taken';
  /** The visitor stopped it. */
  stopped: boolean;
  /** It may be lost: the visitor left before it was kept, or cleared the browser's storage. */
  excused: boolean;
}

export const textOf = (number: number, tab: number, owner: Text['owner']): Text => ({
  content: `Text ${number} from tab ${tab}.`,
  tab,
  at: Date.now(),
  pressedAt: undefined,
  owner,
  stage: 'written',
  stopped: false,
  excused: false,
});
