"""What only root may do about the medium in the unit's slot, as one-shot programs started by systemd.

`blank` tells an empty medium from one that holds something; `probe` what it holds; `mounting` mounts ours and nothing
else; `__main__` is the door: ``look`` when a device comes or changes, ``gone`` when it goes, ``prepare`` when the vault
asks for a blank one to be made ours. Nothing here ever writes to a medium on which anything was found.
"""
