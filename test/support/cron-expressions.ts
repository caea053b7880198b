/** Cron expressions that mean what they say, to us and to a Temporal server. */
export const goodExpressions = [
  '0 2 * * *',
  '*/15 9-17 * * MON-FRI',
  '0 0 1,15 * *',
  '5/10 * * * *',
  '0 0 29 feb *',
  '0 0 * Sept,oct su',
  '0 0 * * 5-7',
  '0 0 1 1 * 2030',
  '30 0 2 * * * *',
  '0 0 0 2 * * 2027-2030/2',
  '@daily',
  '@hourly',
];
