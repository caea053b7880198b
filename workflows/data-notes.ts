/** What a stage's facts say about the data that somebody should know. */
export function dataNotes(facts: Readonly<Record<string, number | string>>): string[] {
  const { warning, badRows = 0, firstBadRow, repeatedRatings = 0 } = facts;
  const notes: string[] = [];
  if (warning !== undefined) notes.push(String(warning));
  if (Number(badRows) > 0) {
    notes.push(
      `${badRows} bad ${badRows === 1 ? 'row was' : 'rows were'} dropped. The first: ${firstBadRow}`,
    );
  }
  if (Number(repeatedRatings) > 0) {
    const are = repeatedRatings === 1 ? 'rating is' : 'ratings are';
    notes.push(`${repeatedRatings} ${are} of a user and a movie that an earlier row has; all were kept`);
  }
  return notes;
}
