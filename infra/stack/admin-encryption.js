import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';

const saltBytes = 32;
const nonceBytes = 8;
const rounds = 8192;
/** Marks a key made by PBKDF2 and AES-256-GCM. */
const algorithm = 0x02;

/**
 * Encrypts a body for MinIO's admin API: salt ‖ algorithm ‖ nonce ‖ one sealed fragment. The nonce of a fragment is the
 * stream's nonce and a counter; fragment 0 seals nothing, and its tag vouches for the order of the others.
 * @param {string} password the secret key of the user who sends it
 * @param {Uint8Array} plain at most 16 kB
 */
export function encryptAdminBody(password, plain) {
  if (plain.length > 16_384) throw new Error(`Expected at most 16384 bytes to encrypt, got ${plain.length}`);
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const key = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const opening = seal(key, fragmentNonce(nonce, 0), new Uint8Array(), new Uint8Array());
  const lastFragment = Buffer.concat([Buffer.of(0x80), opening]);
  const sealed = seal(key, fragmentNonce(nonce, 1), plain, lastFragment);
  return Buffer.concat([salt, Buffer.of(algorithm), nonce, sealed]);
}

/**
 * @param {Buffer} nonce
 * @param {number} counter
 */
function fragmentNonce(nonce, counter) {
  const full = Buffer.alloc(nonceBytes + 4);
  nonce.copy(full);
  full.writeUInt32LE(counter, nonceBytes);
  return full;
}

/**
 * @param {Buffer} key
 * @param {Buffer} nonce
 * @param {Uint8Array} plain
 * @param {Uint8Array} associated
 */
function seal(key, nonce, plain, associated) {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}
