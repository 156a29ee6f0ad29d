# In the virtual machine, as root: clusters on control groups v2 alone, as root and as an ordinary user with a group of its own. Says a word per fact.
# $COX: the built cox.
set -u
pods='
apiVersion: v1
kind: Pod
metadata: { name: oom }
spec:
  restartPolicy: Never
  containers:
    - { name: main, image: "kelseyhightower/hello:1.0.0", command: [sh, -c, "exec tail /dev/zero"], resources: { limits: { memory: 30Mi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: spin }
spec:
  containers:
    - name: main
      image: kelseyhightower/hello:1.0.0
      command: [sh, -c, "while :; do :; done"]
      resources: { limits: { cpu: 100m, memory: 64Mi } }
---
apiVersion: v1
kind: Pod
metadata: { name: folders }
spec:
  restartPolicy: Never
  containers:
    - name: main
      image: kelseyhightower/hello:1.0.0
      command: [sh, -c, "rm -r /etc && mkdir /etc && touch /etc/new && mv /etc /moved && ls /moved"]
'
cluster() {
  as=$1
  cd "$COX_HOME" || exit 1
  cox() { node "$COX" "$@"; }
  fact() { echo "fact $as: $*"; }
  cox up --name v2 --nodes 1 | sed "s/^/$as: /"
  cox doctor | grep 'limits' | sed "s/^/fact $as: /"
  echo "$pods" | cox kubectl apply -f -
  cox kubectl wait --for=condition=Ready pod/spin --timeout=240s
  for pod in oom folders; do cox kubectl wait --for=jsonpath='{.status.containerStatuses[0].state.terminated}' pod/$pod --timeout=240s; done
  fact oom "$(cox kubectl get pod oom -o jsonpath='{.status.containerStatuses[0].state.terminated.exitCode} {..terminated.reason}')"
  fact folders "$(cox kubectl logs folders | tr '\n' ' ')"
  fact pods "$(cox kubectl get pod spin -o jsonpath='{.status.qosClass} {.status.phase}')"
  top=$(cox kubectl top pod spin --no-headers)
  fact top "$top"
  group=$(dirname "$(find /sys/fs/cgroup -path '*/kubepods/pod*/*/cpu.max')")
  fact group "${group#*/v2-1/}" | sed -E 's/[0-9a-f]{64}/ID/; s/pod[-0-9a-f]{36}/podUID/'
  fact cpu.max "$(cat "$group/cpu.max")"
  fact memory.max "$(cat "$group/memory.max")"
  fact pids.max "$(cat "$group/../pids.max")"
  [ "$(sed -n 's/nr_throttled //p' "$group/cpu.stat")" -gt 0 ] && fact throttled
  fact classes $(cd "$group/../.." && ls -d best* burst*)
  cox down --name v2 >/dev/null && fact down
  fact left "$(find /sys/fs/cgroup -name '*coxswain.v2*')"
}
if [ "${1:-}" = cluster ]; then
  cluster "$2"
  exit
fi
export COX_HOME=/vm/root KUBECONFIG=/vm/root/kubeconfig
mkdir -p /vm/root && cluster root
uid=61234
group=/sys/fs/cgroup/delegated
mkdir -p /vm/user $group
chown $uid /vm/user $group $group/cgroup.procs $group/cgroup.threads $group/cgroup.subtree_control
user="setpriv --reuid $uid --regid $uid --clear-groups env HOME=/vm/user COX_HOME=/vm/user KUBECONFIG=/vm/user/kubeconfig"
sh -c "echo \$\$ >$group/cgroup.procs && exec $user sh '$0' cluster user"
