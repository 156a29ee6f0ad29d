/** All verbs of `cox`, in the order of the help. A new verb is one import and one line. */
import type { Command } from "./command.ts";
import { clustersCreate, clustersDelete, clustersList } from "./commands/clusters.ts";
import { doctor } from "./commands/doctor.ts";
import { down } from "./commands/down.ts";
import { imageImport, imageLoad, imageLs, imagePull, imageRm, imageSave } from "./commands/image.ts";
import { kubeconfig } from "./commands/kubeconfig.ts";
import { lab, labInit, labRun, labShare } from "./commands/lab.ts";
import { list } from "./commands/list.ts";
import { rehearse } from "./rehearse/command.ts";
import { run } from "./commands/run.ts";
import { serviceUrl } from "./commands/serviceUrl.ts";
import { status } from "./commands/status.ts";
import { up } from "./commands/up.ts";

export const commands: readonly Command[] = [
  up,
  down,
  list,
  status,
  doctor,
  kubeconfig,
  run,
  serviceUrl,
  imageLs,
  imagePull,
  imageRm,
  imageLoad,
  imageSave,
  imageImport,
  lab,
  labInit,
  labRun,
  labShare,
  rehearse,
  clustersCreate,
  clustersDelete,
  clustersList,
];
