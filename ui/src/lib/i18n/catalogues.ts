// The catalogues joined: one file a screen and language, so that a screen's words lie together. Same keys in both.
import enCommon from './en/common.json';
import enWords from './en/words.json';
import enCharts from './en/charts.json';
import enLive from './en/live.json';
import enRun from './en/run.json';
import enRuns from './en/runs.json';
import enSweeps from './en/sweeps.json';
import enCompare from './en/compare.json';
import enDatasets from './en/datasets.json';
import enSettings from './en/settings.json';
import enProbes from './en/probes.json';
import enMap from './en/map.json';
import enAlarms from './en/alarms.json';
import enSentences from './en/sentences.json';
import koCommon from './ko/common.json';
import koWords from './ko/words.json';
import koCharts from './ko/charts.json';
import koLive from './ko/live.json';
import koRun from './ko/run.json';
import koRuns from './ko/runs.json';
import koSweeps from './ko/sweeps.json';
import koCompare from './ko/compare.json';
import koDatasets from './ko/datasets.json';
import koSettings from './ko/settings.json';
import koProbes from './ko/probes.json';
import koMap from './ko/map.json';
import koAlarms from './ko/alarms.json';
import koSentences from './ko/sentences.json';

/** The host's sentences: English comes from it, each other language must have every one. */
const koSaid = koSentences satisfies Record<keyof typeof enSentences, string>;

export const en = {
  ...enCommon, ...enWords, ...enCharts, ...enLive, ...enRun, ...enRuns, ...enSweeps, ...enCompare, ...enDatasets, ...enSettings, ...enProbes, ...enAlarms, ...enMap, ...enSentences,
};
export const ko = {
  ...koCommon, ...koWords, ...koCharts, ...koLive, ...koRun, ...koRuns, ...koSweeps, ...koCompare, ...koDatasets, ...koSettings, ...koProbes, ...koAlarms, ...koMap, ...koSaid,
};
