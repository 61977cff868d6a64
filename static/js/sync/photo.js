// Bytes of evidence that lie on the server: a colleague's photo, or one's own whose bytes this tablet has let go.

/**
 * @param {string} visit
 * @param {string} evidence
 * @returns {Promise<Uint8Array<ArrayBuffer> | null>} null when the server does not have them (yet), or is not reached
 */
export async function fetchPhoto(visit, evidence) {
  try {
    const answer = await fetch(`/sync/v1/evidence/${visit}/${evidence}`, { credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(60_000) });
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  } catch {
    return null;
  }
}
