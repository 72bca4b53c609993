/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * device.h - /dev/pacct_energy
 */
#ifndef PACCT_DEVICE_H
#define PACCT_DEVICE_H

int pacct_device_register(void);
void pacct_device_wake(void);
void pacct_device_make_room(void);
void pacct_device_retire(void);

#endif /* PACCT_DEVICE_H */
