# %%
from mlcourse.checks import open_course

check = open_course("../tasks")

# %% [markdown]
# ## {{choose}}
#
# - in: whole numbers `n` and `k`
# - out: how many ways there are to choose `k` of `n` things
#
# <details><summary>Hint 1</summary>Choose them one after another; then forget the order.</details>


# %% task="choose" role="answer"
def choose(n, k):
    ### BEGIN SOLUTION
    ways = 1
    for i in range(k):
        ways = ways * (n - i) // (i + 1)
    return ways
    ### END SOLUTION


# %% task="choose" role="check"
check.choose(choose)

# %% [markdown] task="why_symmetric" role="open"
# ## {{why_symmetric}}
#
# <!-- BEGIN SOLUTION -->
# To choose k of n is to leave n − k.
# <!-- END SOLUTION -->

# %% [markdown]
# ## {{no_choice}}

# %% task="no_choice" role="answer"
### BEGIN SOLUTION
no_choice = "A"
### END SOLUTION

# %% task="no_choice" role="check"
check.no_choice(no_choice)
