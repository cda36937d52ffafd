/**
 * Times of the wall clock as milliseconds, stored as if the wall clock were UTC.
 *
 *   wall(2024, 2, 29) = Date.UTC(2024, 1, 29)        month 1 … 12
 *
 * So a local table needs no zone, and every day has 24 hours.
 */
import { DAY } from '@mamba-ts/core/math';

/** 1970-01-05, a Monday. */
export const MONDAY = 4 * DAY;

/** The time `ms` milliseconds after the beginning of a day; undefined where there is no such day, as 30 February, or time. */
export function wall(year: number, month: number, day: number, ms = 0): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || ms < 0 || ms > DAY) return undefined;
  const date = new Date(0);
  // Date.UTC would read the years 0 … 99 as 1900 … 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() + ms;
}

export function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The number of months since the year 0. */
export function monthOf(time: number): number {
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

export const dayOfMonth = (time: number): number => new Date(time).getUTCDate();
export const timeOfDay = (time: number): number => time - Math.floor(time / DAY) * DAY;
/** The day of the week; 0 is Monday. */
export const weekday = (time: number): number => (((Math.floor(time / DAY) - 4) % 7) + 7) % 7;

export function isMonthEnd(time: number): boolean {
  const date = new Date(time);
  return date.getUTCDate() === daysIn(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

/** Day `day` of a month, counted since the year 0, or its last day where the month is shorter. */
export function inMonth(month: number, day: number, ms = 0): number {
  const year = Math.floor(month / 12);
  const of = (month % 12) + 1;
  return wall(year, of, Math.min(day, daysIn(year, of)), ms) as number;
}

/** A number of two digits: 7 → '07'. */
export const two = (n: number): string => String(n).padStart(2, '0');
