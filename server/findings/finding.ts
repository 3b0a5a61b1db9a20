import type { FindingContext } from '../context';
import type { SourceFile } from '../documents/source-file';
import type { TextRange } from '../manifests/ranges';

/** error: the API server rejects it; warning: it warns, a reference is broken, or lint; information: a kind of an unknown group. */
export type Severity = 'error' | 'warning' | 'information' | 'hint';

export interface FindingFix {
  title: string;
  /** Of the finding's own file, in offsets of the text that the finding is of. */
  edits: { start: number; end: number; text: string }[];
  preferred?: boolean;
}

/** Something that applying a file would bring to light, where it is written. Offsets are UTF-16 units in the file. */
export interface DocumentFinding extends TextRange {
  severity: Severity;
  /** As the API server words it, less the path. */
  message: string;
  /** `FieldValueInvalid`, `UnknownField`, … or the rule's id. */
  code: string;
  /** `podium` if not said. */
  source?: 'podium' | 'podium lint' | 'cluster';
  /** The page that explains the code. */
  href?: string;
  tags?: ('deprecated' | 'unnecessary')[];
  related?: { uri: string; range: TextRange; message: string }[];
  fixes?: FindingFix[];
}

/** Pure and synchronous. One that throws costs only its own findings. */
export type FindingProvider = (file: SourceFile, context: FindingContext) => DocumentFinding[];

/** What is told of what the providers found. Pure, as they are. */
export type FindingFilter = (findings: DocumentFinding[], file: SourceFile) => DocumentFinding[];
