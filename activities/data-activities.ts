import type { ObjectStore } from '../artifacts/object-store.js';
import { download, type DownloadRequest, type RatingsSources } from './download.js';
import { evaluate, type EvaluateRequest } from './evaluate.js';
import { findUnchanged, type UnchangedRequest } from './find-unchanged.js';
import { observeAttempt, stageObserver } from './observe.js';
import { placeTraining, type PlaceRequest, type Workforce } from './place-training.js';
import { preprocess, type PreprocessRequest } from './preprocess.js';
import { publish, type PublishRequest, type StoreLink, type Versions } from './publish.js';
import { startOf, type StartRequest } from './start-of.js';
import type { Telemetry } from './telemetry.js';
import { window, type WindowRequest } from './window.js';

export interface DataDependencies {
  readonly store: ObjectStore;
  readonly sources: RatingsSources;
  /** Versions of code and runtime, for the manifest. */
  readonly versions: Versions;
  readonly telemetry: Telemetry;
  readonly workforce: Workforce;
  /** For the run's page. */
  readonly linkTo: StoreLink;
}

/** Every stage but training, where that is to be done, and what a run asks before and between them. */
export function createDataActivities({
  store: all,
  sources,
  versions,
  telemetry,
  workforce,
  linkTo,
}: DataDependencies) {
  const observed = stageObserver(all, telemetry);
  return {
    startOf: (request: StartRequest) =>
      observeAttempt(telemetry, request.run, 'download', () => startOf(all, request)),
    download: observed('download', (store, request: DownloadRequest) => download(store, sources, request)),
    findUnchanged: (request: UnchangedRequest) =>
      observeAttempt(telemetry, request.run, 'download', () => findUnchanged(all, request)),
    preprocess: observed('preprocess', (store, request: PreprocessRequest) => preprocess(store, request)),
    window: observed('window', (store, request: WindowRequest) => window(store, request)),
    placeTraining: (request: PlaceRequest) =>
      observeAttempt(telemetry, request.run, 'train', async (tell) => {
        const placement = await placeTraining(workforce, request);
        tell({ kind: 'placed', ...placement });
        return placement;
      }),
    evaluate: observed('evaluate', (store, request: EvaluateRequest) => evaluate(store, request)),
    publish: observed('publish', (store, request: PublishRequest) =>
      publish(store, versions, linkTo, request),
    ),
  };
}

export type DataActivities = ReturnType<typeof createDataActivities>;
