/**
 * The parts of a forecast, inner ones first. A new option is a file that declares a part, its import, and its name in one
 * of these lists. Its type, check, flag, help and request field follow.
 */
import { demand } from './intermittent.ts';
import { bounds } from './support.ts';

/** Parts that forecast windows of the past as well. Streams do not have their options: they read a series once. */
export const pastParts = [demand] as const;

/** Parts that change the answer only, whatever it was made from. Streams have their options, too. */
export const answerParts = [bounds] as const;
