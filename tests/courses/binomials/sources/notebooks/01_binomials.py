# %% [markdown]
# ## Choose two of four
#
# How many pairs can be made of four things? List them, then count.

# %%
pairs = [a + b for a in "abcd" for b in "abcd" if a < b]
print(len(pairs), pairs)
assert len(pairs) == 6
