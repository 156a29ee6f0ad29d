/** `kubectl config`: its sub-commands are in the files beside. Upstream: kubectl/pkg/cmd/config/config.go */
import { type Verb, verbGroup } from "../command.ts";
import { setCluster, setContext, setCredentials } from "./configEntries.ts";
import { currentContext, deleteEntries, getClusters, getContexts, getUsers, renameContext, useContext } from "./configNames.ts";
import { set, unset } from "./configProperties.ts";
import { view } from "./configView.ts";

export const config: Verb = verbGroup(
  "config",
  [
    view,
    setCluster,
    setCredentials,
    setContext,
    set,
    unset,
    currentContext,
    useContext,
    getContexts,
    getClusters,
    getUsers,
    ...deleteEntries,
    renameContext,
  ],
  { helpOnStderr: true },
);
