export { createVgem, type VgemOptions } from './vgem.ts';
