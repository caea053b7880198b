/** Features of a rating: `rating_norm`, `time_diff_norm`. */
export const featureCount = 2;
