/** What is missing, with the lines that install it. @typedef {{ what: string, debian: string, fedora: string, macos: string }} Missing */

/**
 * The whole list for a person.
 * @param {readonly Missing[]} missing
 */
export function describeMissing(missing) {
  return [
    `${missing.length === 1 ? 'One thing is' : `${missing.length} things are`} missing:`,
    ...missing.flatMap(({ what, debian, fedora, macos }) => [
      `- ${what}`,
      `    Debian, Ubuntu  ${debian}`,
      `    Fedora          ${fedora}`,
      `    macOS           ${macos}`,
    ]),
  ];
}
