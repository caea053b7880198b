import assert from 'node:assert/strict';
import { findMissingForTensorflow } from '../../infra/tensorflow.js';
import { chooseWheels, keptMembers } from '../../infra/tensorflow-wheels.js';

describe("TensorFlow's wheels", () => {
  const machine = { platform: 'linux', arch: 'x64', nvidia: false };
  const names = (given: Partial<Parameters<typeof chooseWheels>[0]>) =>
    chooseWheels({ ...machine, ...given })?.requirements.map((line) => line.split('==')[0]);

  it('are the small one on a CPU, those with CUDA where there is an NVIDIA driver', () => {
    assert.deepEqual(names({}), ['tensorflow-cpu']);
    assert.equal(names({ nvidia: true })?.[0], 'tensorflow');
    assert.ok(names({ nvidia: true })?.includes('nvidia-cudnn-cu12'));
    assert.notEqual(chooseWheels(machine)?.name, chooseWheels({ ...machine, nvidia: true })?.name);
  });

  it('are those that were asked for', () => {
    assert.deepEqual(names({ nvidia: true, asked: 'cpu' }), ['tensorflow-cpu']);
    assert.equal(names({ asked: 'gpu' })?.[0], 'tensorflow');
    assert.throws(() => names({ asked: 'tpu' }), /STREAMSAGE_TENSORFLOW .*`tpu`/);
    assert.throws(() => names({ arch: 'arm64', asked: 'gpu' }), /`cpu` on linux on arm64, got `gpu`/);
  });

  it('have no CUDA on Arm, and there are none for macOS on Intel', () => {
    assert.deepEqual(names({ arch: 'arm64', nvidia: true }), ['tensorflow']);
    assert.deepEqual(names({ platform: 'darwin', arch: 'arm64' }), ['tensorflow']);
    assert.equal(names({ platform: 'darwin' }), undefined);
  });

  it('are pinned by version and digest, each', () => {
    for (const given of [{}, { nvidia: true }, { arch: 'arm64' }, { platform: 'darwin', arch: 'arm64' }]) {
      for (const line of chooseWheels({ ...machine, ...given })?.requirements ?? [''])
        assert.match(line, /^[a-z0-9-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}$/);
    }
  });

  it('give their libraries and C headers, and nothing of Python', () => {
    const isKept = (name: string) => keptMembers.some((start) => name.startsWith(start));
    assert.ok(isKept('tensorflow/libtensorflow_cc.so.2'));
    assert.ok(isKept('tensorflow/libtensorflow_framework.2.dylib'));
    assert.ok(isKept('tensorflow/include/tensorflow/c/eager/c_api.h'));
    assert.ok(!isKept('tensorflow/python/_pywrap_tfe.so'));
    assert.ok(!isKept('tensorflow/include/Eigen/Core'));
  });
});

describe('the preflight of TensorFlow', () => {
  const bare = {
    libraries: false,
    pip: true,
    compiler: true,
    neededMegabytes: 1000,
    freeMegabytes: 2000,
  };

  it('names everything that is missing, at once', () => {
    assert.deepEqual(findMissingForTensorflow(bare), []);
    const missing = findMissingForTensorflow({ ...bare, pip: false, compiler: false, freeMegabytes: 10 });
    assert.deepEqual(
      missing.map(({ debian }) => debian.split(',')[0]),
      ['sudo apt-get install -y python3-pip', 'sudo apt-get install -y g++', 'free 990 MB'],
    );
  });

  it('asks for a compiler alone where the libraries are in the cache', () => {
    const cached = { ...bare, libraries: true, pip: false, freeMegabytes: 10 };
    assert.deepEqual(findMissingForTensorflow(cached), []);
    assert.equal(findMissingForTensorflow({ ...cached, compiler: false }).length, 1);
  });
});
