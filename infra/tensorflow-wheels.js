/** TensorFlow's wheels, and which of them a machine takes. Only the libraries and the C headers in them are used. */

export const tensorflowVersion = '2.21.0';

/**
 * @typedef {object} Wheels
 * @property {readonly string[]} requirements as pip reads them: pinned, each with its digest
 * @property {readonly string[]} platforms wheel tags to look for
 * @property {number} fetched megabytes
 * @property {number} kept megabytes
 */

const libraries = ['libtensorflow_cc', 'libtensorflow_framework'];

/** What is kept of a wheel: member names that begin so. */
export const keptMembers = [
  ...libraries.map((name) => `tensorflow/${name}.`),
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/tsl/platform/ctstring',
  'tensorflow/include/xla/tsl/c/',
  'nvidia/',
];

/**
 * CUDA 12 for the wheel that has GPU kernels: what its extra `and-cuda` asks for, at the versions of November 2026. Its
 * libraries look for them beside themselves (`$ORIGIN/../nvidia/…/lib`).
 */
const cuda = [
  'nvidia-cublas-cu12==12.9.3.13 --hash=sha256:d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
  'nvidia-cuda-cupti-cu12==12.8.90 --hash=sha256:ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
  'nvidia-cuda-nvcc-cu12==12.9.86 --hash=sha256:5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  'nvidia-cuda-nvrtc-cu12==12.9.86 --hash=sha256:210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  'nvidia-cuda-runtime-cu12==12.9.79 --hash=sha256:25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  'nvidia-cudnn-cu12==9.28.0.42 --hash=sha256:9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
  'nvidia-cufft-cu12==11.4.1.4 --hash=sha256:c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  'nvidia-curand-cu12==10.3.10.19 --hash=sha256:49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
  'nvidia-cusolver-cu12==11.7.5.82 --hash=sha256:15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  'nvidia-cusparse-cu12==12.5.10.65 --hash=sha256:73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
  'nvidia-nccl-cu12==2.32.3 --hash=sha256:bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
  'nvidia-nvjitlink-cu12==12.9.86 --hash=sha256:e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
];

/** @type {Readonly<Record<string, Wheels>>} by device, platform and architecture */
const wheels = {
  'cpu-linux-x64': {
    requirements: [
      `tensorflow-cpu==${tensorflowVersion} --hash=sha256:2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c`,
    ],
    platforms: ['manylinux_2_27_x86_64'],
    fetched: 274,
    kept: 854,
  },
  'gpu-linux-x64': {
    requirements: [
      `tensorflow==${tensorflowVersion} --hash=sha256:9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124`,
      ...cuda,
    ],
    platforms: ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux_2_12_x86_64'],
    fetched: 3380,
    kept: 5690,
  },
  'cpu-linux-arm64': {
    requirements: [
      `tensorflow==${tensorflowVersion} --hash=sha256:4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c`,
    ],
    platforms: ['manylinux_2_27_aarch64'],
    fetched: 282,
    kept: 884,
  },
  'cpu-darwin-arm64': {
    requirements: [
      `tensorflow==${tensorflowVersion} --hash=sha256:51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88`,
    ],
    platforms: ['macosx_12_0_arm64'],
    fetched: 223,
    kept: 741,
  },
};

/**
 * The wheels for a machine, and the name of their folder in the cache. A device that is asked for comes first
 * (STREAMSAGE_TENSORFLOW), else the GPU where there is a driver.
 * @param {{ platform: string, arch: string, nvidia: boolean, asked?: string | undefined }} machine
 * @returns {Wheels & { name: string } | undefined} undefined where TensorFlow has no wheel
 * @throws {Error} if what is asked for is neither `cpu` nor `gpu`, or not there for this machine
 */
export function chooseWheels({ platform, arch, nvidia, asked }) {
  if (asked && asked !== 'cpu' && asked !== 'gpu')
    throw new Error(`Expected STREAMSAGE_TENSORFLOW to be \`cpu\` or \`gpu\`, got \`${asked}\``);
  const device = asked || (nvidia && `gpu-${platform}-${arch}` in wheels ? 'gpu' : 'cpu');
  const found = wheels[`${device}-${platform}-${arch}`];
  if (device === 'gpu' && !found) {
    throw new Error(
      `Expected STREAMSAGE_TENSORFLOW to be \`cpu\` on ${platform} on ${arch}, got \`gpu\`: TensorFlow has no wheel with CUDA for it`,
    );
  }
  return found && { ...found, name: `${tensorflowVersion}-${device}` };
}
