/** Windows as offsets into one table of features: nothing is copied, memory grows with ratings. */
export interface WindowSet {
  /** [rows × featureCount] float32, row-major, rows sorted by user and time. */
  readonly features: Float32Array;
  readonly featureCount: number;
  /** Rows in one window. Window i is `features[firstRow[i] * featureCount]` and the `steps * featureCount` after it. */
  readonly steps: number;
  /** [windows] first row of each window, in the order of the split. */
  readonly firstRow: Int32Array;
  /** [windows] 1 = binge, 0 = stop. */
  readonly label: Uint8Array;
}

/** The two parts of a split, over the same features. */
export interface SplitWindows {
  readonly train: WindowSet;
  readonly test: WindowSet;
}
