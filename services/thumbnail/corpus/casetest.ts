import type { Code } from '@kilat/contract';
import type { Size } from '../size.ts';

/** Names how rendering a file may end; a damaged photo is a ready one of which a part could not be read. */
export type Ends = 'ready' | 'damaged' | 'failed';

/** Is a rendered photo: its upright size, and the bytes of every file that was made of it, by name. */
export interface Developed extends Size {
  ends: 'ready' | 'damaged';
  renditions: ReadonlyMap<string, Buffer>;
}

/** Is what rendering one file came to. */
export type Ending = Developed | { ends: 'failed'; code: Code };

/** Is one line of the corpus: how its files are made, and how each of them must end. */
export interface Case {
  /** Names the files in a sentence's middle, as in "a JPEG in CMYK". */
  name: string;
  make: (nth: number) => Promise<Buffer> | Buffer;
  /** Lists more than one ending only where the bytes that chance hits decide. */
  ends: Ends | readonly Ends[];
  /** Counts the files of this line that every run makes; one unless told. */
  times?: number;
  /** Counts the files of a full run; `times` unless told. Where `times` is 0, only a full run has this line. */
  timesFull?: number;
  code?: Code;
  size?: Size;
  /** Is the name under which the decoder finds the file. */
  called?: string;
  /** Says that the owner of the installation allows TIFF. */
  tiff?: boolean;
  check?: (photo: Developed) => Promise<void> | void;
}

/** Gives the rendition of a name; throws where there is none. */
export function renditionOf({ renditions }: Developed, name = 'small'): Buffer {
  const bytes = renditions.get(name);
  if (bytes === undefined) throw new Error(`no rendition ${name}`);
  return bytes;
}
