import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** The rooms of the house and what each may import (docs/decisions/0001-rooms.md). */
const rooms = ['predictor', 'artifacts', 'activities', 'workflows', 'workers', 'cli', 'adapters', 'infra'];
const mayImport = {
  predictor: [],
  artifacts: [],
  adapters: [],
  workflows: ['predictor/config'],
  activities: ['predictor', 'artifacts'],
  workers: ['activities', 'adapters', 'workflows', 'predictor'],
  cli: ['workflows', 'predictor', 'artifacts', 'adapters'],
};
/** Types may be met where values may not: a room's interface is written in another room's terms. */
const mayImportTypes = {
  predictor: [],
  artifacts: ['adapters', 'predictor'],
  adapters: ['artifacts', 'predictor'],
  workflows: ['activities', 'artifacts', 'predictor'],
  activities: ['adapters', 'workflows'],
  workers: ['artifacts'],
  cli: ['activities'],
};

const roomRules = Object.keys(mayImport).map((room) => {
  const patterns = rooms
    .filter((other) => other !== room && !mayImport[room].includes(other))
    .map((other) => {
      const exceptions = mayImport[room].filter((path) => path.startsWith(`${other}/`));
      return {
        regex: `^(\\.\\./)+${other}/${exceptions.map((path) => `(?!${path.slice(other.length + 1)}\\.js$)`).join('')}`,
        allowTypeImports: mayImportTypes[room].includes(other),
        message: `${room}/ may not import ${other}/: arrows point down (docs/decisions/0001-rooms.md).`,
      };
    });
  if (room === 'workflows') {
    patterns.push({ regex: '^node:', message: 'Workflow code is deterministic: no Node built-ins.' });
  }
  return {
    files: [`${room}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
});

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'runs/', '.streamsage/', 'predictor/engine/wasm/kernel/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  ...roomRules,
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [] }] },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        Buffer: 'readonly',
        URLSearchParams: 'readonly',
        performance: 'readonly',
        TextDecoder: 'readonly',
        TextEncoder: 'readonly',
      },
    },
  },
);
