/**
 * Texts, JSONL records and FASTA records as examples of a classification. The class of a document is a key of its JSONL
 * record, the first word of its FASTA description, a part of its path that a pattern finds, the first folder below the
 * one that is read, or else the name of its file.
 */
import { UsageError } from '../errors.ts';
import { factsOf } from '../input/files.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { encodePiece } from './encode.ts';
import { classIndex, type Example, type ExampleStore, memoryExamples } from './examples.ts';
import { piecesOf } from './pieces.ts';
import { type TextDocument, textSource } from './textSource.ts';

export interface LabelledTextOptions {
  tokenizer: Tokenizer;
  /** A JSONL key, or a pattern with a named part `label`. Default: 'label'. */
  label?: string;
  /** JSONL: the key of the text. Default: 'text'. */
  field?: string;
  /** The names of the classes. Default: those that are found. */
  classes?: readonly string[];
  /** Whether labels are left out, for predictions. Default: false. */
  open?: boolean;
}

/** The documents below a path, each held in memory as its tokens. */
export async function textExamples(path: string, options: LabelledTextOptions): Promise<ExampleStore> {
  const { tokenizer, label: how, field, classes: known, open = false } = options;
  const { isFolder } = await factsOf(path);
  const source = textSource(path, { field, alphabet: tokenizer.kind === 'dna' ? 'dna' : 'any' });
  const found: { label?: string; group?: string; title: string; sequence: Int32Array }[] = [];
  for await (const document of source.documents()) {
    const ids: number[] = [];
    let characters = 0;
    for await (const piece of piecesOf(document.text)) {
      for (const id of encodePiece(tokenizer, piece, document.name, characters)) ids.push(id);
      characters += piece.length;
    }
    if (ids.length === 0) throw new UsageError('data', `${document.name} is empty, expected text. Leave it out.`);
    const { label, group } = labelOf(document, how, isFolder ? path : undefined);
    if (label === undefined && !open) throw noLabel(document, how);
    found.push({ label, group, title: document.name, sequence: Int32Array.from(ids) });
  }
  if (found.length === 0) throw new UsageError('data', `${path} has no texts, expected at least one.`);
  const classes = known ?? [...new Set(found.map(({ label }) => label as string))].sort();
  const examples = found.map(
    ({ label, title, sequence }): Example =>
      open ? { sequence } : { sequence, label: classIndex(classes, label, title) },
  );
  return memoryExamples(examples, {
    name: path,
    classes,
    groups: found.map(({ group }) => group),
    titles: found.map(({ title }) => title),
  });
}

/** The named parts `label` and `group` that a pattern finds in a text. */
export function partsOf(text: string, pattern: string): { label?: string; group?: string } {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch (error) {
    throw new UsageError('data', `label ${JSON.stringify(pattern)} is no pattern: ${(error as Error).message}.`);
  }
  return expression.exec(text)?.groups ?? {};
}

export const isPattern = (label: string | undefined): label is string => label?.includes('(?<label>') ?? false;

function labelOf(
  { about, path = '' }: TextDocument,
  how: string | undefined,
  folder: string | undefined,
): { label?: string; group?: string } {
  if (about && 'description' in about && (folder === undefined || isPattern(how))) {
    const header = String(about.description);
    return isPattern(how) ? partsOf(`${about.name} ${header}`, how) : { label: header.split(/\s/)[0] || undefined };
  }
  if (isPattern(how)) return partsOf(path, how);
  if (about && !('description' in about)) {
    const value = about[how ?? 'label'];
    return { label: value === undefined ? undefined : String(value) };
  }
  if (folder === undefined) return {};
  const parts = path.slice(folder.length).split(/[/\\]/).filter(Boolean);
  return { label: parts.length > 1 ? parts[0] : parts[0].replace(/\..*$/, '') };
}

function noLabel({ name, about }: TextDocument, how: string | undefined): Error {
  const expected = isPattern(how)
    ? `a part named label by the pattern ${how}`
    : about && 'description' in about
      ? "the class as the first word after the record's name"
      : about
        ? `the key ${JSON.stringify(how ?? 'label')}`
        : 'a folder of each class, or JSONL with the key "label"';
  return new UsageError('data', `${name} has no label, expected ${expected}. Say where it is with --label.`);
}
