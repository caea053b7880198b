import type { ObjectStore } from '../artifacts/object-store.js';
import { download, type DownloadRequest, type RatingsSources } from './download.js';
import { evaluate, type EvaluateRequest } from './evaluate.js';
import { findUnchanged, type UnchangedRequest } from './find-unchanged.js';
import { preprocess, type PreprocessRequest } from './preprocess.js';
import { publish, type PublishRequest, type Versions } from './publish.js';
import { startOf, type StartRequest } from './start-of.js';
import { window, type WindowRequest } from './window.js';

export interface DataDependencies {
  readonly store: ObjectStore;
  readonly sources: RatingsSources;
  /** Versions of code and runtime, for the manifest. */
  readonly versions: Versions;
}

/** Every stage but training, and what a run asks before and between them. */
export function createDataActivities({ store, sources, versions }: DataDependencies) {
  return {
    startOf: (request: StartRequest) => startOf(store, request),
    findUnchanged: (request: UnchangedRequest) => findUnchanged(store, request),
    download: (request: DownloadRequest) => download(store, sources, request),
    preprocess: (request: PreprocessRequest) => preprocess(store, request),
    window: (request: WindowRequest) => window(store, request),
    evaluate: (request: EvaluateRequest) => evaluate(store, request),
    publish: (request: PublishRequest) => publish(store, versions, request),
  };
}

export type DataActivities = ReturnType<typeof createDataActivities>;
