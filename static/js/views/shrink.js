// A photo of a camera is brought to the size that evidence needs: 2,048 px on the long edge, upright, without the file's own data about place and device.
// Whatever cannot be decoded, or comes out empty, stays as it was taken.

const LONG_EDGE = 2048;
const QUALITY = 0.85;

/**
 * @param {File} file
 * @returns {Promise<{bytes: ArrayBuffer, mediaType: string, before: ArrayBuffer | null}>} `before`: the bytes as taken, if these are others
 */
export async function shrunk(file) {
  const taken = await file.arrayBuffer();
  const as = { bytes: taken, mediaType: file.type || "image/jpeg", before: null };
  if (typeof createImageBitmap === "undefined") return as;
  let picture;
  try {
    picture = await decoded(file);
  } catch {
    return as;
  }
  try {
    const longest = Math.max(picture.width, picture.height);
    if (longest <= LONG_EDGE) return as;
    const [width, height] = [picture.width, picture.height].map((edge) => Math.max(1, Math.round((edge * LONG_EDGE) / longest)));
    const blob = await drawn(picture, width, height);
    return blob === null ? as : { bytes: await blob.arrayBuffer(), mediaType: "image/jpeg", before: taken };
  } catch {
    return as;
  } finally {
    picture.close();
  }
}

/** Upright. Browsers that do not know the word turn the picture by themselves. @param {File} file */
async function decoded(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch (error) {
    if (error instanceof TypeError) return createImageBitmap(file);
    throw error;
  }
}

/** @param {ImageBitmap} picture @param {number} width @param {number} height @returns {Promise<Blob | null>} null when nothing was drawn: a canvas too large for the tablet is one colour */
async function drawn(picture, width, height) {
  const canvas = typeof OffscreenCanvas === "undefined" ? Object.assign(document.createElement("canvas"), { width, height }) : new OffscreenCanvas(width, height);
  const context = /** @type {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null} */ (canvas.getContext("2d"));
  if (context === null) return null;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  const row = new Uint32Array(context.getImageData(0, height >> 1, width, 1).data.buffer);
  const column = new Uint32Array(context.getImageData(width >> 1, 0, 1, height).data.buffer);
  if (row.every((pixel) => pixel === row[0]) && column.every((pixel) => pixel === column[0])) return null;
  const blob = await (canvas instanceof HTMLCanvasElement ? new Promise((/** @type {(blob: Blob | null) => void} */ resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY)) : canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY }));
  return blob?.type === "image/jpeg" ? blob : null;
}
