/** Tables: rows of text to columns of numbers and texts. */
export { CellError, type CellPlace, type PlaceWords, type Problem } from './errors.ts';
