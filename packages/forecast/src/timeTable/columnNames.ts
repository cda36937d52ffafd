/** What the name of a column says of its use, in several languages. */
import type { SeriesColumn } from './seriesColumn.ts';

const TIME_NAME =
  /^(t|ds|ts|timestamps?|times?|dates?|datetimes?|date[ _-]?time|time[ _-]?stamp|days?|weeks?|months?|quarters?|years?|period|hours?|minutes?|index|step|epoch|unix([ _-]?time)?|utc|jahr|monat|datum|zeit|zeitpunkt|zeitstempel|woche|tag|stunde|fecha|hora|año|mes|mois|semaine|année|heure|jour|data|ora)$|[ _](time|date|at|timestamp|utc|datetime)$|^(time|date|datetime|timestamp)[ _([]/i;
const ID_NAME =
  /(^|[ _-])(id|ids|uid|name|item|series|store|shop|sku|product|article|country|region|city|state|station|sensor|meter|device|site|location|customer|category|group|key|symbol|ticker|code)$|^(.*[ _-])?(unique_id|item_id|artikel|filiale|kunde|land|ort)$/i;
const VALUE_NAME =
  /^(y|x|values?|target|sales|revenue|demand|quantity|qty|units?|count|amount|volume|consumption|load|wert|menge|umsatz|absatz|verbrauch|valor|ventas|valeur|ventes)$/i;
const PART_OF_YEAR_NAME = /^(quarters?|months?|weeks?|days?|hours?|monat|woche|tag|mes|mois)$/i;

type Named = Pick<SeriesColumn, 'name' | 'isNamed'>;

export const namesTime = ({ name, isNamed }: Named): boolean => isNamed && TIME_NAME.test(name);
export const namesId = ({ name, isNamed }: Named): boolean => isNamed && ID_NAME.test(name);
export const namesValue = ({ name, isNamed }: Named): boolean => isNamed && VALUE_NAME.test(name);
/** What a year is divided into: 'month', 'week'. */
export const namesPartOfYear = ({ name }: Named): boolean => PART_OF_YEAR_NAME.test(name);
/** A time of the calendar, rather than a number of rows or seconds. */
export const namesDate = (column: Named): boolean =>
  namesTime(column) && !/^(t|index|step|epoch|unix.*|hours?|minutes?|stunde|heure)$/i.test(column.name);
export const namesWeek = ({ name }: Named): boolean => /week|woche|semaine|semana|^kw$/i.test(name);
/** Hours of a day. */
export const namesClock = ({ name, isNamed }: Named): boolean =>
  isNamed && /^(hrs?|hours?|stunde|hora|heure|uur|ora|he|hour[ _]?(of[ _]?day|ending)?|time|uhrzeit|zeit)$/i.test(name);
