/** scikit-learn's `MinMaxScaler` of one column to [0, 1], with its arithmetic: `value * scale + offset` in float64. */
export interface MinMaxScaler {
  readonly minimum: number;
  readonly maximum: number;
  /** 1 / (maximum − minimum); 1 for a constant column. */
  readonly scale: number;
  /** −minimum × scale */
  readonly offset: number;
}

/** How a rating becomes the model's two inputs. */
export interface FeatureScalers {
  /** Stars. */
  readonly rating: MinMaxScaler;
  /** Seconds since the user's previous rating. */
  readonly timeDiff: MinMaxScaler;
}

/** @param values at least one, finite */
export function fitMinMax(values: ArrayLike<number>): MinMaxScaler {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  const scale = maximum === minimum ? 1 : 1 / (maximum - minimum);
  return { minimum, maximum, scale, offset: 0 - minimum * scale };
}

/** Reads what `JSON.stringify` made of scalers; undefined if it is anything else. */
export function parseScalers(json: string | undefined): FeatureScalers | undefined {
  try {
    const { rating, timeDiff } = JSON.parse(json ?? '') as FeatureScalers;
    return { rating: finiteScaler(rating), timeDiff: finiteScaler(timeDiff) };
  } catch {
    return undefined;
  }
}

function finiteScaler({ minimum, maximum, scale, offset }: MinMaxScaler): MinMaxScaler {
  if (![minimum, maximum, scale, offset].every((value) => Number.isFinite(value))) {
    throw new TypeError('not finite');
  }
  return { minimum, maximum, scale, offset };
}
