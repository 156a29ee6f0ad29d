#!/bin/sh
# Process 1 of the virtual machine, in its first file system: puts a layer in memory over the machine's root and goes on in there with vm.script.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe -a virtio_pci virtiofs overlay virtio_rng virtio_blk
word() { sed "s/.*vm\.$1=\([^ ]*\).*/\1/" /proc/cmdline; }
mount -t virtiofs -o ro root /lower || poweroff -f
mount -t tmpfs -o size=80% over /over
mkdir /over/upper /over/work
mount -t overlay -o lowerdir=/lower,upperdir=/over/upper,workdir=/over/work root /new
cd /new
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o nosuid,nodev,noexec sys sys
mount -t devtmpfs -o nosuid dev dev
mkdir -p dev/pts dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts dev/pts
mount -t tmpfs -o nosuid,nodev shm dev/shm
mount -t tmpfs -o nosuid,nodev,mode=755 run run
mount -t cgroup2 -o nosuid,nodev,noexec,nsdelegate cgroup2 sys/fs/cgroup
for each in $(cat sys/fs/cgroup/cgroup.controllers); do echo "+$each" >sys/fs/cgroup/cgroup.subtree_control; done
# What the machine itself has in /run and /tmp is none of the virtual one's business.
mkdir -p run/lock lib/modules sbin vm
mount -t ext4 -o nosuid,nodev,noatime dev/vda vm
chmod 1777 vm
version=$(uname -r)
rm -rf "lib/modules/$version"
ln -s "$(word kernel)/lib/modules/$version" "lib/modules/$version"
[ -e usr/sbin/modprobe ] || ln -s /usr/bin/busybox usr/sbin/modprobe
ip link set lo up
hostname vm
cp /bin/busybox run/busybox
umount -l /sys /dev
exec switch_root /new /bin/sh -c '
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/vm LANG=C.UTF-8
  /bin/sh "'"$(word script)"'" </dev/null
  echo "vm ended with $?"
  /run/busybox poweroff -f
'
