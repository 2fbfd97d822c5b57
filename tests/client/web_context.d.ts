// What the examples in docs/api.md and web_journey.js get from web_run.mjs.
declare const API_URL: string, idToken: string, photo_id: string, awaiting_id: string;
declare const file: File;
declare const signal: AbortSignal;
declare function show(url: string | undefined): void;
declare function showProgress(stage: string, part: number): void;
declare function showTrash(photos: { filename: string }[]): void;
declare function showPeriod(period: string, count: number): void;
declare function showPage(photos: { filename: string }[]): void;
declare function showCopy(photos: { filename: string }[]): void;
declare function explain(status: number, code: string): void;
declare function result(name: string, value: unknown): void;
