// Runs ONNX models through ONNX Runtime: node run_models.mjs NODE_MODULES FOLDER
// FOLDER/jobs.json   [{model, inputs: [{type, dims, file}], optimize, optimized}], files relative to FOLDER
// FOLDER/results.json [{outputs: [{type, dims, file}]} or {error}], one for each job; elements lie in files, little-endian, as they are
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [modules, folder] = process.argv.slice(2);
const ort = createRequire(join(resolve(modules), 'x.js'))('onnxruntime-node');
const arrays = {
  float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array,
  int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array, bool: Uint8Array,
};

function readTensor({ type, dims, file }) {
  const bytes = readFileSync(join(folder, file));
  return new ort.Tensor(type, new arrays[type](bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)), dims);
}

function writeTensor(tensor, file) {
  const { data } = tensor;
  writeFileSync(join(folder, file), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { type: tensor.type, dims: tensor.dims, file };
}

async function run(job, index) {
  const options = { graphOptimizationLevel: job.optimize, intraOpNumThreads: 1, executionMode: 'sequential', logSeverityLevel: 4 };
  if (job.optimized) options.optimizedModelFilePath = join(folder, job.optimized);
  const session = await ort.InferenceSession.create(join(folder, job.model), options);
  const feeds = Object.fromEntries(session.inputNames.map((name, i) => [name, readTensor(job.inputs[i])]));
  const results = await session.run(feeds);
  const outputs = session.outputNames.map((name, i) => writeTensor(results[name], `${index}.${i}.out`));
  await session.release();
  return { outputs };
}

const results = [];
for (const [index, job] of JSON.parse(readFileSync(join(folder, 'jobs.json'))).entries()) {
  try {
    results.push(await run(job, index));
  } catch (error) {
    results.push({ error: String(error.message ?? error) });
  }
}
writeFileSync(join(folder, 'results.json'), JSON.stringify(results));
