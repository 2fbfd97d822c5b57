// sharp in its usual way: each preset from the source. Reads a job as JSON from stdin, as job.py does.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";

const job = JSON.parse(readFileSync(0, "utf8"));
const sharp = createRequire(job.modules)("sharp");
sharp.concurrency(1);
sharp.cache(false);

async function preview(data, preset) {
  const { width, height, fit, quality, effort } = preset;
  const resized = sharp(data, { limitInputPixels: false }).rotate().resize({ width, height, fit, withoutEnlargement: true });
  const encoded =
    preset.format === "webp" ? resized.webp({ quality, effort }) : resized.jpeg({ quality, optimiseCoding: effort > 0 });
  return encoded.toBuffer();
}

async function previews(path) {
  const data = readFileSync(path);
  const results = [];
  for (const preset of job.presets) results.push(await preview(data, preset));
  return results;
}

function peakBytes() {
  try {
    return 1024 * Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}

if (job.source) {
  await previews(job.warm_up);
  const user = process.cpuUsage().user;
  const wall = performance.now();
  const results = await previews(job.source);
  const result = {
    user_seconds: (process.cpuUsage().user - user) / 1e6,
    wall_seconds: (performance.now() - wall) / 1e3,
    peak_bytes: peakBytes(),
  };
  results.forEach((data, index) => {
    const { name, format } = job.presets[index];
    writeFileSync(`${job.out}/${name}.${format === "jpeg" ? "jpg" : format}`, data);
  });
  console.log(JSON.stringify(result));
}
