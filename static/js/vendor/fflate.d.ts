export { Zip, ZipPassThrough, ZipDeflate, strToU8, zipSync, unzipSync } from "fflate";
