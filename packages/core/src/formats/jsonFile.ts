/** JSON files that users name, with errors that say what to do. Node only. */
import { UsageError } from '../errors.ts';
import { nodeModule } from '../node.ts';

/** The parsed content of the file. Throws UsageError, ending with `advice`, if it cannot be read or is not JSON. */
export async function readJsonFile(path: string, advice: string): Promise<unknown> {
  let text: string;
  try {
    text = await nodeModule('fs/promises').readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError('', `${path} cannot be read (${(error as NodeJS.ErrnoException).code}). ${advice}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError('', `${path} is not JSON (${(error as Error).message}). ${advice}`);
  }
}
